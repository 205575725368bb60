// A ring of glass and metal beads around a marble column; `clock` turns the ring once. Needs no include files.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 8 }

camera { location <0, 2.9, -9> look_at <0, 1.15, 0> angle 38 right x*image_width/image_height }
light_source { <-6, 9, -6> rgb <1.0, 0.95, 0.85>*1.1 area_light x*2, z*2, 3, 3 adaptive 1 }
light_source { <8, 5, -4> rgb <0.25, 0.35, 0.55> shadowless }
sky_sphere { pigment { gradient y color_map { [0 rgb <0.75, 0.83, 0.95>] [0.6 rgb <0.2, 0.35, 0.65>] } } }

plane {
  y, 0
  pigment { checker rgb <0.85, 0.82, 0.75>, rgb <0.25, 0.28, 0.3> }
  finish { diffuse 0.75 reflection 0.06 }
}

#declare Stone = texture {
  pigment {
    marble turbulence 0.9 octaves 5 lambda 2.1
    color_map { [0 rgb <0.95, 0.93, 0.9>] [0.6 rgb <0.8, 0.75, 0.7>] [0.9 rgb <0.35, 0.3, 0.3>] }
    scale 0.6
  }
  finish { diffuse 0.8 specular 0.4 roughness 0.02 }
}

union {
  cylinder { <0, 0.25, 0>, <0, 1.9, 0>, 0.42 }
  cylinder { <0, 0, 0>, <0, 0.25, 0>, 0.65 }
  torus { 0.45, 0.12 translate y*0.3 }
  torus { 0.45, 0.12 translate y*1.85 }
  sphere { <0, 2.35, 0>, 0.45 }
  texture { Stone }
}

#declare Beads = 10;
#declare I = 0;
#while (I < Beads)
  sphere {
    <2.1, 0.45, 0>, 0.45
    #if (mod(I, 2) = 0)
      pigment { rgbf <0.92, 0.97, 1, 0.92> }
      finish { specular 0.8 roughness 0.003 reflection { 0.03, 0.6 fresnel on } conserve_energy }
      interior { ior 1.5 }
    #else
      pigment { rgb <0.9, 0.35 + 0.5*I/Beads, 0.2> }
      finish { metallic diffuse 0.45 specular 0.7 roughness 0.03 reflection { 0.35 metallic } }
    #end
    rotate y*360*(I/Beads + clock/Beads*2)
  }
  #declare I = I + 1;
#end
